UPDATE t SET v = -1 WHERE id = 7; INSERT INTO t VALUES (-1, 0), (200, 0), (600, 0);
