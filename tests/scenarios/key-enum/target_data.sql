UPDATE t SET v = 'changed' WHERE k = 'm';
DELETE FROM t WHERE k = 'a';
INSERT INTO t VALUES ('k', 'extra');
