INSERT INTO t VALUES (1, 1, 'x'), (2, 2, 'y'), (2, 3, 'y'), (3, NULL, 'z'), (4, 1, 'v');
