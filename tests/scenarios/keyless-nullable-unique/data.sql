INSERT INTO t VALUES (NULL, 'x'), (NULL, 'x'), (2, 'y');
