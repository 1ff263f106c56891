INSERT INTO t VALUES (0, 0), (-5, -5), (7, 7), (100, 100);
