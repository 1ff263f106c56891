UPDATE t SET g = _gbk x'8b5d' WHERE id = 1;
UPDATE t SET u16 = '😁é' WHERE id = 1;
UPDATE t SET k = ' ' WHERE id = 2;
UPDATE t SET s = '' WHERE id = 4;
