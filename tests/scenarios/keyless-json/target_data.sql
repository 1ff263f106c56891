INSERT INTO t (a, doc) VALUES (3, '"null"'), (4, CONCAT('["', REPEAT('e', 300), '"]'));
INSERT INTO t VALUES (5, '[1]', 2), (5, '[2]', 1);
