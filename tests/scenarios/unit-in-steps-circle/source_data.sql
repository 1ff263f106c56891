SET foreign_key_checks = 0; INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (1, 1);
