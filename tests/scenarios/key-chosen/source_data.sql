INSERT INTO t VALUES (1, 'A-1', 1), (2, 'A-2', 2), (3, 'A-3', 3);
