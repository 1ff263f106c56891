INSERT INTO t VALUES (1, 20, 'a'), (2, 30, 'b'), (3, 10, 'c'), (4, 40, 'd');
