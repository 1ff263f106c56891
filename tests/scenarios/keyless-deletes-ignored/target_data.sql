INSERT INTO t VALUES (2, NULL), (2, NULL), (4, 'd'), (4, 'd'), (4, 'D'), (5, NULL);
