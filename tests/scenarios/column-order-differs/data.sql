INSERT INTO t (id, a, b, c) VALUES (1, 1, 'one', '2020-01-01'), (2, 2, 'two', NULL);
