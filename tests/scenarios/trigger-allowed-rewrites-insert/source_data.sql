INSERT INTO t VALUES (2, 2, 'c'), (3, NULL, 'd'); UPDATE t SET v = 7 WHERE id = 1;
