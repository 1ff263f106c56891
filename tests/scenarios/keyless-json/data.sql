INSERT INTO t (a, doc) VALUES (1, '{"a": 1}'), (1, '{"a": 1}'), (2, NULL), (3, 'null');
