INSERT INTO t VALUES (1, 2, 3), (2, 3, 1), (3, 1, 2);
