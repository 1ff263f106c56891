INSERT INTO t (a, doc) VALUES (1, '{"a": 1}'), (2, NULL), (4, CONCAT('["', REPEAT('é', 300), '"]'));
INSERT INTO t VALUES (5, '[1]', 1), (5, '[2]', 2);
