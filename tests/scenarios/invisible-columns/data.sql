INSERT INTO t (id, a, hidden) VALUES (1, 1, 'one'), (2, 2, 'two');
