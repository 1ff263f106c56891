SET foreign_key_checks = 0; DELETE FROM store WHERE id = 1; SET foreign_key_checks = 1;
