UPDATE t SET v = 20 WHERE code = 'b'; INSERT INTO t VALUES ('d', 2, 5);
