INSERT INTO t VALUES (1, 'x'), (5, 'new'), (5, 'new'), (NULL, 'null'), (NULL, NULL), (3, NULL);
