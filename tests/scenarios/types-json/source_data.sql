INSERT INTO t VALUES (11, '{"new": [1, 2, 3]}');
