UPDATE t SET v = 'changed' WHERE k = '-00:00:00.01';
DELETE FROM t WHERE k = '00:00:00';
INSERT INTO t VALUES ('838:59:59', 'extra');
