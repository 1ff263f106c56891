INSERT INTO t VALUES (3, NULL, 'x'), (4, NULL, 'x'), (5, 1, NULL), (6, 1, NULL);
