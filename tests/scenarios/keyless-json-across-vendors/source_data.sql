INSERT INTO t (a, doc) VALUES (2, '[]');
