INSERT INTO t (a, doc) VALUES (1, '{"a": 1}');
