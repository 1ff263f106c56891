INSERT INTO t VALUES (6, 'ø', 'œ');
