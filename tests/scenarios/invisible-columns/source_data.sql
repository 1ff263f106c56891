INSERT INTO t (id, a, hidden) VALUES (3, 3, 'three');
