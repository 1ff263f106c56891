UPDATE t SET v = NULL WHERE id = 1;
UPDATE t SET tb = x'61', bl = x'6100' WHERE id = 2;
UPDATE t SET v = x'c329' WHERE id = 4;
UPDATE t SET v = 'TEXT' WHERE id = 5;
UPDATE t SET v = REPEAT(x'00', 299) WHERE id = 6;
UPDATE t SET b = x'20' WHERE id = 7;
INSERT INTO t (id, b) VALUES (9, x'09');
