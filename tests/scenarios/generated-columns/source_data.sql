INSERT INTO t (id, a, name) VALUES (5, 50, 'five');
