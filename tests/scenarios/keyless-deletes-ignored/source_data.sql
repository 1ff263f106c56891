INSERT INTO t VALUES (1, 'a'), (3, 'c'), (3, 'c');
