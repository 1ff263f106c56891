INSERT INTO t VALUES (1, 20, 'a'), (2, 10, 'b'), (3, 30, 'c');
