INSERT INTO t VALUES (1, 1), (2, 2); INSERT INTO log VALUES (1, 'first');
