UPDATE t SET v = 'changed' WHERE k = 49;
DELETE FROM t WHERE k = 0x3131;
INSERT INTO t VALUES (0xffffffffff, 'extra');
