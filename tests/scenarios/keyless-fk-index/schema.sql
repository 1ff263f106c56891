CREATE TABLE zparent (code INT NULL, v INT, KEY (code));
CREATE TABLE achild (id INT NOT NULL PRIMARY KEY, code INT NULL, FOREIGN KEY (code) REFERENCES zparent (code));
