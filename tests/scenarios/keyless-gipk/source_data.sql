INSERT INTO t (a, b) VALUES (3, 'z'), (1, 'x');
