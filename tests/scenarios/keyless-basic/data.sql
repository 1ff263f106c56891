INSERT INTO t VALUES (1, 'x'), (1, 'x'), (2, NULL), (2, NULL), (NULL, NULL), (NULL, NULL), (NULL, NULL), (3, ''), (4, 'same'), (4, 'same');
