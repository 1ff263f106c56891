INSERT INTO t VALUES (1, 2, 'two'), (2, 1, 'one');
