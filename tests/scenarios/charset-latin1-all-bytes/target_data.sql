UPDATE t SET v = 'other' WHERE id % 16 = 7; DELETE FROM t WHERE id % 16 = 13;
