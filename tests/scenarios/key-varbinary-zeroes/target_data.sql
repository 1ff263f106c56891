UPDATE t SET v = 'changed' WHERE k = x'6100';
DELETE FROM t WHERE k = x'610000';
INSERT INTO t VALUES (x'00', 'extra');
