INSERT INTO t VALUES (1, 1, 'a'), (5, 5, 'b');
