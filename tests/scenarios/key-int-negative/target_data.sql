UPDATE t SET v = 'changed' WHERE k = -5;
DELETE FROM t WHERE k = -1;
INSERT INTO t VALUES (0, 'extra');
