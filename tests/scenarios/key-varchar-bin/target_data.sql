UPDATE t SET v = 'changed' WHERE k = 'ABC';
DELETE FROM t WHERE k = 'Abc';
INSERT INTO t VALUES ('é', 'extra');
