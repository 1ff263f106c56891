INSERT INTO t VALUES (1, 10, 1), (2, 20, 2), (3, 30, 3);
