UPDATE t SET doc = '{"a": 1, "b": [1, 2.5, "y"]}' WHERE id = 1;
UPDATE t SET doc = 'null' WHERE id = 5;
UPDATE t SET doc = NULL WHERE id = 4;
INSERT INTO t VALUES (12, '{"old": true}');
