INSERT INTO t VALUES ('ss', -39, 5, 'target'), ('ss', 2147483647, 250, 'another');
