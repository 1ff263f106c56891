UPDATE t SET v = 20 WHERE a = 'ab'; UPDATE t SET v = 60 WHERE b = 'b,c'; INSERT INTO t VALUES ('12', '3', 0);
