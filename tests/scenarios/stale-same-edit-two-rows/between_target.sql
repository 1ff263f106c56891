UPDATE t SET v = 'value B' WHERE id IN (16, 27);
