UPDATE t SET data = CONCAT(SUBSTR(data, 1, 200000), x'ff') WHERE id = 2;
UPDATE t SET note = CONCAT(note, ' ') WHERE id = 3;
UPDATE t SET note = 'short', data = NULL WHERE id = 4;
