INSERT INTO b_country VALUES (2, 'ch'); INSERT INTO c_city VALUES (2, 2); INSERT INTO a_street VALUES (2, 2);
