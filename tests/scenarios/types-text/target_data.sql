UPDATE t SET v = 'Plain' WHERE id = 1;
UPDATE t SET c = NULL WHERE id = 2;
UPDATE t SET lt = 'a' WHERE id = 4;
UPDATE t SET tx = '' WHERE id = 5;
UPDATE t SET lt = CONCAT(REPEAT('d', 149999), 'e') WHERE id = 6;
UPDATE t SET v = 'trail' WHERE id = 7;
INSERT INTO t (id, v) VALUES (11, 'extra');
