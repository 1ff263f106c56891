INSERT INTO t VALUES (7, 1), (7, 1), (7, 2), (1, 2), (1, 1);
