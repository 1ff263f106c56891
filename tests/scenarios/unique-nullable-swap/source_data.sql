INSERT INTO t VALUES (1, 1, 'one'), (2, 2, 'two'), (7, NULL, 'x');
