INSERT INTO b_country VALUES (3, 'de'); INSERT INTO c_city VALUES (3, 3); INSERT INTO a_street VALUES (3, 3);
