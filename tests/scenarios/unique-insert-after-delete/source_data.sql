INSERT INTO t VALUES (1, 10, 'a'), (5, 30, 'b'), (3, 20, 'c');
