INSERT INTO t VALUES ('ss', -39, 1, 'source'), ('ss', 2147483647, 1, NULL);
