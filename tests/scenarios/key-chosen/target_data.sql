INSERT INTO t VALUES (11, 'A-3', 30), (12, 'A-2', 2), (13, 'A-1', 10);
